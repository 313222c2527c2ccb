-- The role with which dashboards read: the views dashboard_…, and nothing else.
-- Run it as the owner of Pengikut's tables, who must be allowed to create roles,
-- in Pengikut's database, after "pengikut migrate up":
--
--   psql "$PENGIKUT_DATABASE_URL" -v ON_ERROR_STOP=1 -f deploy/readonly.sql
--   psql "$PENGIKUT_DATABASE_URL" -c '\password pengikut_dashboard'
--
-- It may be run again at any time, and must be after an upgrade that adds views.
-- No password stands here: without one the role cannot log in over the network.

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'pengikut_dashboard') THEN
    CREATE ROLE pengikut_dashboard LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOREPLICATION CONNECTION LIMIT 20;
  END IF;
END
$$;

-- A dashboard that asks too much is stopped before it hurts the service. The last
-- two let its queries use the indexes instead of compiling themselves.
ALTER ROLE pengikut_dashboard SET default_transaction_read_only = on;
ALTER ROLE pengikut_dashboard SET statement_timeout = '30s';
ALTER ROLE pengikut_dashboard SET idle_in_transaction_session_timeout = '1min';
ALTER ROLE pengikut_dashboard SET jit = off;
ALTER ROLE pengikut_dashboard SET random_page_cost = 1.1;

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM pengikut_dashboard;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM pengikut_dashboard;
-- Before Postgres 15 everybody may create tables here.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO pengikut_dashboard;

-- A view reads its tables with the rights of its owner, so the role needs none on
-- them.
DO $$
DECLARE
  name text;
BEGIN
  FOR name IN SELECT viewname FROM pg_views WHERE schemaname = 'public' AND viewname LIKE 'dashboard\_%' LOOP
    EXECUTE format('GRANT SELECT ON public.%I TO pengikut_dashboard', name);
  END LOOP;
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO pengikut_dashboard', current_database());
END
$$;
