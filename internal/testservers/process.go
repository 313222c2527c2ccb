package testservers

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

const (
	startTimeout = 60 * time.Second // far above the usual second: a loaded machine is no reason to fail
	pollEvery    = 5 * time.Millisecond
)

// errExited means that a server ended before it answered.
var errExited = errors.New("exited before it was ready")

// process is one server program. It is waited for with wait4 rather than by a goroutine in exec.Cmd.Wait, which goleak
// would see.
type process struct {
	bin  string
	args []string
	dir  string // working folder; the server's output goes to dir/server.log
	cred *syscall.Credential
	pid  int // 0 when it does not run
}

// start runs the program and returns when ready answers nil.
func (p *process) start(ready func() error) error {
	log, err := os.OpenFile(p.logPath(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(p.bin, p.args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = p.dir, log, log, attr(p.cred)
	if err := cmd.Start(); err != nil {
		return err
	}
	p.pid = cmd.Process.Pid
	return p.await(ready)
}

func (p *process) await(ready func() error) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for deadline := time.Now().Add(startTimeout); ; <-tick.C {
		err := ready()
		if pid, _ := syscall.Wait4(p.pid, nil, syscall.WNOHANG, nil); pid == p.pid { // so whoever answered was another
			p.pid = 0
			return fmt.Errorf("%s %w; %s", filepath.Base(p.bin), errExited, p.logTail())
		}
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			p.stop(syscall.SIGKILL)
			return fmt.Errorf("%s not ready after %s: %w; %s", filepath.Base(p.bin), startTimeout, err, p.logTail())
		}
	}
}

// stop sends the signal and waits for the end of the process. A process that does not run is left so.
func (p *process) stop(sig syscall.Signal) {
	if p.pid == 0 {
		return
	}
	_ = syscall.Kill(p.pid, sig)
	for {
		if _, err := syscall.Wait4(p.pid, nil, 0, nil); !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	p.pid = 0
}

func (p *process) logPath() string { return filepath.Join(p.dir, "server.log") }

// logTail is the end of the server's output, for a failure text.
func (p *process) logTail() string {
	text, _ := os.ReadFile(p.logPath())
	if len(text) > 2000 {
		text = text[len(text)-2000:]
	}
	return "its log ends:\n" + string(text)
}

// onFreePort calls start with ports until it gets one that no other process took first.
func onFreePort(start func(port string) error) error {
	var err error
	for range 5 {
		if err = start(freePort()); !errors.Is(err, errExited) {
			return err
		}
	}
	return err
}

// freePort picks a port below the range the kernel gives to clients and to ":0" listeners, so that a server which is down
// for a moment finds its port still free.
func freePort() string {
	for {
		port := strconv.Itoa(20000 + rand.IntN(12000))
		l, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err == nil {
			l.Close()
			return port
		}
	}
}
