"""The conformance suite: one test for each statement of the API page, each ruling, and each reference behaviour.

`docs/conformance.md` maps the statements to the tests.
"""
