"""Holds the judgement of Flashlight by torch's operator database, `op_db`: 703 entries, each with sample inputs.

`python -m op_db` (with tests/python and python on the path) judges every entry in scope; `python -m op_db --help` says
what else it does. `test_op_db.py` holds `make test` to the verdicts committed in `verdicts.txt`.
"""
