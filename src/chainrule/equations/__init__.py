"""The ground floor: every activation, loss and penalty, its value beside its derivative. Pure, without state."""
