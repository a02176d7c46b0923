"""The core library of Zhiyin: what the shop knows, who its shoppers are, and what to show them.

It knows nothing of Airflow, Feast, BentoML or Evidently; the stations of the loop call it, never the other way round.
"""

__version__ = "0.1.0"
