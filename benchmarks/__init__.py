"""Repeatable measurements. Each prints a table with ratios to a floor measured in the same run: machines differ.

python -m benchmarks                 all of them (`make bench`)
python -m benchmarks pages live      some
python -m benchmarks --small …       a quick look, with small numbers
"""
