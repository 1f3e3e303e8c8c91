"""Between us and the funds: statements of claim, their settlement by the finance bureau, and what each still owes."""
