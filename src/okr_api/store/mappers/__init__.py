"""Mappers between table rows and domain objects, one module for each entity."""
