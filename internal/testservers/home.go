package testservers

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"sync"
	"syscall"
)

// undertaker waits until its standard input closes, which happens when the test binary ends in any way, and then removes
// the folder. It tries for some seconds, because a dying Postgres may still be writing.
const undertaker = `cat >/dev/null
n=0
while rm -rf -- "$1" 2>/dev/null; [ -e "$1" ] && [ "$n" -lt 100 ]; do n=$((n+1)); sleep 0.1; done`

// home is the folder of all servers of this test binary.
type home struct {
	dir  string
	cred *syscall.Credential // who Postgres runs as; nil means the user of the test
	pipe *os.File            // its closing wakes the undertaker, so it stays referenced and open
}

var openHome = sync.OnceValues(newHome)

func newHome() (*home, error) {
	cred, base, err := serverUser()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(base, "pengikut-test-")
	if err != nil {
		return nil, err
	}
	if cred != nil {
		if err := os.Chown(dir, int(cred.Uid), int(cred.Gid)); err != nil {
			return nil, err
		}
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	cmd := exec.Command("sh", "-c", undertaker, "sh", dir)
	cmd.Stdin = r
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // Ctrl-C ends the test, not the undertaker
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the undertaker of %s: %w", dir, err)
	}
	return &home{dir: dir, cred: cred, pipe: w}, nil
}

// serverUser says who Postgres runs as and where it may keep its files. Postgres refuses to run as root, so root hands it
// to the postgres user, or to nobody; these may not enter a TMPDIR that belongs to root alone, so it is /tmp then.
func serverUser() (cred *syscall.Credential, base string, err error) {
	if os.Getuid() != 0 {
		return nil, os.TempDir(), nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		u, err = user.Lookup("nobody")
	}
	if err != nil {
		return nil, "", fmt.Errorf("postgres does not run as root, and there is no user postgres or nobody: %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, "", fmt.Errorf("uid of %s: %w", u.Username, err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, "", fmt.Errorf("gid of %s: %w", u.Username, err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, "/tmp", nil
}
