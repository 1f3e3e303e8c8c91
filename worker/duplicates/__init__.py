"""Duplicate enrolments: found by comparing rosters and notices, decided by the notice or by a clerk, and"
" carried out."""
