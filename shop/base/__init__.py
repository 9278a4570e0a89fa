"""The ground every room stands on: database, money, time, ids, refusals, the outbox and HTTP to peers."""
