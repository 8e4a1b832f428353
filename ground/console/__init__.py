"""The console: what an operator types (`shell`), what is offered while typing (`completion`), and the screen (`screen`)."""
