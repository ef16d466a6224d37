"""What the unit tests of Airflow's provider for Kafka use of the package of this name, which Airflow's repository has.

PyPI has it of an older Airflow alone. The names are the repository's; what they do is written anew.
"""
