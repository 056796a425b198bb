"""A model as a service: the row plan, the service's application, and the package that holds both."""
