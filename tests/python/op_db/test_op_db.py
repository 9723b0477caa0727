"""Holds the tests that every entry of torch's operator database gets the verdict that stands in `verdicts.txt`.

What passes there must pass; what fails there must fail, or the table is to be written again. `make test` judges a few
samples of each entry, `make test-full` every one.
"""

import pytest
from torch.testing._internal.common_methods_invocations import op_db

from op_db import verdicts
from op_db.judge import choice_of, samples_of
from op_db.scope import ENTRIES, EXCLUDED, exclusion, identifier

TABLE = verdicts.read()


def check(name, indices_of):
    """Raises unless the verdicts over the chosen samples are those of the table."""
    entry = ENTRIES[name]
    samples = samples_of(entry)
    count, committed = TABLE[name]
    assert count in (len(samples), 0), "another number of samples: python -m op_db --write"
    for aspect, known in committed.items():
        indices = indices_of(len(samples), known)
        found = verdicts.verdict(entry, aspect, samples, indices)
        if known.status == "fail":
            assert found.status == "fail", f"{aspect} passes now: python -m op_db --write {name}"
        else:
            assert found.status != "fail", f"{aspect}: {found}"


def few(name):
    """The choice of samples of a quick run: a few where all pass, the failing one where one fails."""
    return lambda count, known: [known.sample] if known.status == "fail" else choice_of(ENTRIES[name], count)


def ends_the_process(name):
    """Whether the entry may not be judged in this process."""
    return any("the process ends" in v.text or "hangs" in v.text for v in TABLE[name][1].values())


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_an_entry_gets_its_verdict_on_a_few_samples(name):
    if not ends_the_process(name):
        check(name, few(name))


@pytest.mark.full
@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_an_entry_gets_its_verdict_on_every_sample(name):
    if not ends_the_process(name):
        check(name, lambda count, _: range(count))


def test_the_table_has_each_entry_in_scope():
    assert TABLE.keys() == ENTRIES.keys()


def test_each_exclusion_excludes_something():
    names = [identifier(entry) for entry in op_db]
    for pattern in EXCLUDED:
        assert any(name == pattern or (pattern.endswith("*") and name.startswith(pattern[:-1])) for name in names)
    assert len(ENTRIES) == len(names) - sum(exclusion(name) is not None for name in names)
