"""What some papers count besides convolutions, linear layers and matrix products, as known or as read."""

from __future__ import annotations

from cnnprof.records.experiment import Rule

MEANS = ("avg_pool", "adaptive_avg_pool", "reduce")

POOLING = Rule("average pooling", MEANS)
BATCH_NORM = Rule("batch norm", ("batch_norm",), per=2)
# measure_model in utils.py of ShichenLiu/CondenseNet; "linear" has a bias beyond its products.
CONDENSENET = Rule("ReLU, average pooling and biases", ("relu", *MEANS, "linear"))
