//go:build !linux

package testservers

import "syscall"

// attr: there is no parent-death signal here, so a server may outlive a test binary that is killed.
func attr(cred *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: cred, Setpgid: true}
}
