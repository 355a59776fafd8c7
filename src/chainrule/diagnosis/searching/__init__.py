"""From gradients to the mistakes behind them: ``runs``, ``matching`` for a layer, ``search`` for all, then findings."""
