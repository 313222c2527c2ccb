package testservers

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func exec1(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(context.Background(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func ask(t *testing.T, conn *pgx.Conn, sql string) string {
	t.Helper()
	var answer string
	if err := conn.QueryRow(context.Background(), sql).Scan(&answer); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return answer
}

func TestPostgresGivesEachTestAnEmptyDatabase(t *testing.T) {
	t.Parallel()
	first, second := Postgres(t), Postgres(t)
	if first == second {
		t.Fatalf("both are %s", first)
	}
	exec1(t, connect(t, first), "CREATE TABLE people (id int)")
	if got := ask(t, connect(t, second), "SELECT count(*)::text FROM pg_tables WHERE schemaname = 'public'"); got != "0" {
		t.Errorf("the second database has %s tables, want 0", got)
	}
}

func TestPostgresSettings(t *testing.T) {
	t.Parallel()
	conn := connect(t, Postgres(t))
	for name, want := range map[string]string{"fsync": "off", "TimeZone": "Asia/Jakarta", "server_encoding": "UTF8"} {
		if got := ask(t, conn, "SHOW "+name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

func TestPostgresDropsTheDatabaseUnderOpenConnections(t *testing.T) {
	t.Parallel()
	var url string
	t.Run("user", func(t *testing.T) {
		url = Postgres(t)
		conn, err := pgx.Connect(context.Background(), url)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn // left open on purpose
	})
	if _, err := pgx.Connect(context.Background(), url); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("connecting to the dropped database: %v, want: does not exist", err)
	}
}

func TestPostgresKillAndStartKeepsWhatWasCommitted(t *testing.T) {
	t.Parallel()
	server := StartPostgres(t, Durable())
	url := server.NewDatabase(t)
	conn := connect(t, url)
	if got := ask(t, conn, "SHOW fsync"); got != "on" {
		t.Errorf("fsync is %s, want on", got)
	}
	exec1(t, conn, "CREATE TABLE people (id int)")
	exec1(t, conn, "INSERT INTO people VALUES (7)")
	server.Kill()
	server.Kill() // safe to repeat
	if err := conn.Ping(context.Background()); err == nil {
		t.Fatal("the connection outlived its server")
	}
	if _, err := pgx.Connect(context.Background(), url); err == nil {
		t.Fatal("a killed server answered")
	}
	server.Start(t)
	if got := ask(t, connect(t, url), "SELECT id::text FROM people"); got != "7" {
		t.Errorf("after the restart id is %s, want 7", got)
	}
}

func redisClient(t *testing.T, url string) *redis.Client {
	t.Helper()
	opts, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	opts.MaxRetries = -1
	client := redis.NewClient(opts)
	t.Cleanup(func() { client.Close() })
	return client
}

func TestRedisIsEmptyAndAlone(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	first, second := redisClient(t, Redis(t)), redisClient(t, Redis(t))
	if err := first.Set(ctx, "a", "1", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if n, err := second.DBSize(ctx).Result(); err != nil || n != 0 {
		t.Errorf("the second Redis holds %d keys (%v), want 0", n, err)
	}
}

func TestRedisKillAndStartLosesEverything(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	server := StartRedis(t, "--maxmemory", "10mb")
	client := redisClient(t, server.URL())
	if got := client.ConfigGet(ctx, "maxmemory").Val()["maxmemory"]; got != "10485760" {
		t.Errorf("maxmemory is %s, want 10485760", got)
	}
	if err := client.Set(ctx, "a", "1", 0).Err(); err != nil {
		t.Fatal(err)
	}
	server.Kill()
	if err := client.Ping(ctx).Err(); err == nil {
		t.Fatal("a killed Redis answered")
	}
	server.Start(t)
	if n, err := client.DBSize(ctx).Result(); err != nil || n != 0 {
		t.Errorf("after the restart it holds %d keys (%v), want 0", n, err)
	}
}

func TestAPortThatIsTakenIsLeftForAnother(t *testing.T) {
	t.Parallel()
	taken := StartRedis(t)
	var ports []string
	err := onFreePort(func(port string) error {
		if len(ports) == 0 {
			port = taken.port
		}
		ports = append(ports, port)
		s := &RedisServer{port: port, proc: process{bin: taken.proc.bin, args: []string{"--port", port, "--bind", "127.0.0.1"}, dir: t.TempDir()}}
		defer s.Kill()
		return s.proc.start(s.ready)
	})
	if err != nil || len(ports) != 2 {
		t.Errorf("tried ports %v: %v; want the taken one and another", ports, err)
	}
}

func TestAServerThatFailsShowsItsLog(t *testing.T) {
	t.Parallel()
	_, err := newRedis([]string{"--no-such-directive", "yes"})
	if err == nil || !strings.Contains(err.Error(), "no-such-directive") {
		t.Errorf("got %v, want the log with the directive", err)
	}
}

func TestAMissingProgramNamesTheInstallCommand(t *testing.T) {
	t.Parallel()
	_, err := find("no-such-program", "", "some-package")
	if err == nil || !strings.Contains(err.Error(), "apt-get install -y some-package") {
		t.Errorf("got %v, want the apt-get command", err)
	}
}

func TestTheNewestPostgresIsTaken(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, major := range []string{"9.6", "15", "17"} {
		dir := filepath.Join(root, major, "bin")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "no-such-postgres"), nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	got, err := find("no-such-postgres", filepath.Join(root, "*", "bin"), "postgresql")
	if want := filepath.Join(root, "17", "bin", "no-such-postgres"); err != nil || got != want {
		t.Errorf("got %s (%v), want %s", got, err, want)
	}
}

// A child test binary starts both servers, says where they are, and is killed. Nothing of it may stay.
func TestServersAndFilesEndWithTheTestBinary(t *testing.T) {
	t.Parallel()
	if os.Getenv("PENGIKUT_TESTSERVERS_CHILD") != "" {
		Postgres(t)
		server := StartRedis(t)
		h, _ := openHome()
		fmt.Println(h.dir, server.Addr())
		_, _ = io.Copy(io.Discard, os.Stdin) // until killed
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), "PENGIKUT_TESTSERVERS_CHILD=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var dir, addr string
	_, scanErr := fmt.Fscanln(out, &dir, &addr)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if scanErr != nil || !strings.HasPrefix(filepath.Base(dir), "pengikut-test-") {
		t.Fatalf("the child said %q %q: %v", dir, addr, scanErr)
	}
	eventually(t, "the folder "+dir+" is removed", func() bool {
		_, err := os.Stat(dir)
		return os.IsNotExist(err)
	})
	eventually(t, "Redis at "+addr+" is gone", func() bool {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
}

// eventually asks again and again, for another process's end gives no signal to one that is not its parent.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for deadline := time.Now().Add(startTimeout); !is(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not after %s", what, startTimeout)
		}
	}
}
