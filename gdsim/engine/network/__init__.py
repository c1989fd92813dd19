"""Networks: training, evaluating, slices through the loss; NumPy and compiled."""
