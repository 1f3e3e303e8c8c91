"""Measuring the law: the bulk evaluator beside OpenFisca-core, on the same people, answer by answer."""
