"""Delivery of webhooks: a background job that sends changes by HTTP, to permitted addresses only."""
