"""Routing many orders together that are not released yet, and looking ahead to those that will come."""
