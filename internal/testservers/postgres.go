package testservers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// PostgresServer is a running Postgres. Its methods are for one goroutine at a time, except NewDatabase.
type PostgresServer struct {
	port    string
	proc    process
	created atomic.Int64 // databases so far, for their names
}

// Option changes how a private Postgres is started.
type Option func(*settings)

type settings struct{ durable bool }

// Durable makes Postgres sync its files as in production, for measurements, and gives it a production server's memory:
// a gigabyte of buffers, a quarter of a small server's. Without it a crash of the machine, not of the server, would lose
// data.
func Durable() Option { return func(s *settings) { s.durable = true } }

var sharedPostgres = sync.OnceValues(func() (*PostgresServer, error) { return newPostgres(settings{}) })

// Postgres returns the postgres:// URL of a fresh, empty database on the test binary's shared server. The database is
// dropped, open connections and all, when the test ends. The server's time zone is Asia/Jakarta, as an Indonesian
// server's may be: code that expects UTC must ask for it.
func Postgres(tb testing.TB) string {
	tb.Helper()
	s, err := sharedPostgres()
	if err != nil {
		tb.Fatalf("start postgres: %v", err)
	}
	return s.NewDatabase(tb)
}

// StartPostgres starts a private server, which the test may Kill and Start again. It ends with the test.
func StartPostgres(tb testing.TB, opts ...Option) *PostgresServer {
	tb.Helper()
	var set settings
	for _, o := range opts {
		o(&set)
	}
	s, err := newPostgres(set)
	if err != nil {
		tb.Fatalf("start postgres: %v", err)
	}
	tb.Cleanup(func() {
		s.Kill()
		os.RemoveAll(s.proc.dir)
	})
	return s
}

// NewDatabase creates an empty database, returns its URL, and drops it when the test ends if the server runs then.
func (s *PostgresServer) NewDatabase(tb testing.TB) string {
	tb.Helper()
	return s.newDatabase(tb, "template1")
}

func (s *PostgresServer) newDatabase(tb testing.TB, template string) string {
	tb.Helper()
	name := fmt.Sprintf("test_%d", s.created.Add(1))
	if err := s.admin("CREATE DATABASE " + name + " TEMPLATE " + template); err != nil {
		tb.Fatalf("create database: %v", err)
	}
	tb.Cleanup(func() {
		if s.proc.pid == 0 {
			return
		}
		if err := s.admin("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			tb.Errorf("drop database: %v", err)
		}
	})
	return s.url(name)
}

// Kill crashes the server: connections break, nothing is written out, and the next Start recovers what was committed.
// It returns when the server and its children are gone.
func (s *PostgresServer) Kill() {
	// SIGQUIT is Postgres's immediate shutdown. SIGKILL would leave backends that block the next start.
	s.proc.stop(syscall.SIGQUIT)
}

// Start brings a killed server back on the same port with the same data.
func (s *PostgresServer) Start(tb testing.TB) {
	tb.Helper()
	if err := s.proc.start(s.ready); err != nil {
		tb.Fatalf("start postgres again: %v", err)
	}
}

func newPostgres(set settings) (*PostgresServer, error) {
	postgres, err := find("postgres", debianPostgres, "postgresql")
	if err != nil {
		return nil, err
	}
	h, err := openHome()
	if err != nil {
		return nil, err
	}
	dir, err := initdb(h, filepath.Join(filepath.Dir(postgres), "initdb"))
	if err != nil {
		return nil, err
	}
	s := &PostgresServer{}
	err = onFreePort(func(port string) error {
		s.port = port
		s.proc = process{bin: postgres, args: postgresArgs(dir, port, set), dir: dir, cred: h.cred}
		return s.proc.start(s.ready)
	})
	return s, err
}

// initdb makes a data folder and returns it.
func initdb(h *home, program string) (string, error) {
	dir, err := os.MkdirTemp(h.dir, "pg-")
	if err != nil {
		return "", err
	}
	if h.cred != nil {
		if err := os.Chown(dir, int(h.cred.Uid), int(h.cred.Gid)); err != nil {
			return "", err
		}
	}
	cmd := exec.Command(program, "--pgdata", dir, "--username", "pengikut", "--auth", "trust",
		"--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync", "--no-instructions")
	cmd.Dir, cmd.SysProcAttr = dir, attr(h.cred)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return dir, nil
}

func postgresArgs(dir, port string, set settings) []string {
	args := []string{"-D", dir, "-p", port, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
		"-c", "timezone=Asia/Jakarta", "-c", "max_connections=200"}
	if set.durable {
		return append(args, "-c", "shared_buffers=1GB", "-c", "max_wal_size=4GB")
	}
	return append(args, "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "shared_buffers=256MB")
}

// Addr is the host:port, the same after Kill and Start, for a proxy in front of it.
func (s *PostgresServer) Addr() string { return "127.0.0.1:" + s.port }

func (s *PostgresServer) url(database string) string {
	return "postgres://pengikut@" + s.Addr() + "/" + database + "?sslmode=disable"
}

// ready also asks whether the answer comes from this server and not from another on the same port.
func (s *PostgresServer) ready() error {
	return s.admin("DO $$ BEGIN ASSERT current_setting('data_directory') = '" + s.proc.dir + "', 'another server has the port'; END $$")
}

// admin runs one statement outside any test's database.
func (s *PostgresServer) admin(sql string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.url("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql)
	return err
}
