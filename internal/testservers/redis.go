package testservers

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// RedisServer is a running Redis that belongs to one test. Its methods are for one goroutine at a time.
type RedisServer struct {
	port string
	proc process
}

// Redis returns the redis:// URL of an empty Redis that belongs to this test alone and ends with it.
func Redis(tb testing.TB) string {
	tb.Helper()
	return StartRedis(tb).URL()
}

// StartRedis starts a Redis that the test may Kill and Start again. It keeps nothing on disk. More arguments go to
// redis-server as they are, such as "--maxmemory", "10mb".
func StartRedis(tb testing.TB, args ...string) *RedisServer {
	tb.Helper()
	s, err := newRedis(args)
	if err != nil {
		tb.Fatalf("start redis: %v", err)
	}
	tb.Cleanup(func() {
		s.Kill()
		os.RemoveAll(s.proc.dir)
	})
	return s
}

// URL is the redis:// URL, the same after Kill and Start.
func (s *RedisServer) URL() string { return "redis://" + s.Addr() + "/0" }

// Addr is the host:port, for a proxy in front of it.
func (s *RedisServer) Addr() string { return "127.0.0.1:" + s.port }

// Kill ends the server at once: connections break and everything in it is lost.
func (s *RedisServer) Kill() { s.proc.stop(syscall.SIGKILL) }

// Start brings a killed server back, empty, on the same port.
func (s *RedisServer) Start(tb testing.TB) {
	tb.Helper()
	if err := s.proc.start(s.ready); err != nil {
		tb.Fatalf("start redis again: %v", err)
	}
}

func newRedis(args []string) (*RedisServer, error) {
	bin, err := find("redis-server", "", "redis-server")
	if err != nil {
		return nil, err
	}
	h, err := openHome()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(h.dir, "redis-")
	if err != nil {
		return nil, err
	}
	s := &RedisServer{}
	err = onFreePort(func(port string) error {
		all := append([]string{"--port", port, "--bind", "127.0.0.1", "--dir", dir, "--save", "", "--appendonly", "no"}, args...)
		s.port, s.proc = port, process{bin: bin, args: all, dir: dir}
		return s.proc.start(s.ready)
	})
	return s, err
}

// ready also asks whether the answer comes from this process and not from another on the same port.
func (s *RedisServer) ready() error {
	conn, err := net.DialTimeout("tcp", s.Addr(), time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	if _, err := fmt.Fprint(conn, "INFO server\r\nQUIT\r\n"); err != nil {
		return err
	}
	info, err := io.ReadAll(conn)
	if err == nil && !strings.Contains(string(info), fmt.Sprintf("\nprocess_id:%d\r", s.proc.pid)) {
		err = errors.New("another server has the port")
	}
	return err
}
