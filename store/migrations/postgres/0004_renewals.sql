-- +goose Up
-- Tokens are renewed before they end. renew_at is the earliest time at which to
-- try: while somebody tries it is the end of the lease, after a failure the next
-- try, NULL when nothing stands in the way.
ALTER TABLE credentials ADD COLUMN renew_at bigint;
ALTER TABLE credentials ADD COLUMN renew_failures int NOT NULL DEFAULT 0;
CREATE INDEX credentials_expiry ON credentials (platform, expires_at) WHERE state = 'ok';
