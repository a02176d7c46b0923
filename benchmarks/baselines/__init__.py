"""Systems that ours is compared with, and what only they need: arrays of a log, plain graphs, neural rivals."""
