package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/pengikut/pengikut/config"
)

// demoClock is the time of a demo, which runs faster than the clock on the wall,
// and the options that it runs with. It is written into the demo's data directory,
// so that another command on the same directory lives in the same time and asks
// the same platforms, whatever the environment says.
type demoClock struct {
	Started time.Time `json:"started"` // where both clocks agreed
	Speed   float64   `json:"speed"`
	Stopped time.Time `json:"stopped"` // on the wall; zero while the demo runs
	Options []string  `json:"options"` // name=value, as in an environment
}

const demoClockFile = "demo-clock.json"

// at is the demo's time when the wall shows wall.
func (d demoClock) at(wall time.Time) time.Time {
	if !d.Stopped.IsZero() && wall.After(d.Stopped) {
		wall = d.Stopped
	}
	return d.Started.Add(time.Duration(float64(wall.Sub(d.Started)) * d.Speed))
}

func (d demoClock) write(dir string) error {
	raw, err := json.Marshal(d)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, demoClockFile)
	if err := os.WriteFile(path+".new", raw, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// readDemoClock returns nil when dir is no demo's. A folder that cannot be read is
// nobody's: what opens the database there will say so.
func readDemoClock(dir string) (*demoClock, error) {
	raw, err := os.ReadFile(filepath.Join(dir, demoClockFile))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.ENOTDIR) {
		return nil, nil
	}
	var d demoClock
	if err == nil {
		err = json.Unmarshal(raw, &d)
	}
	if err == nil && d.Speed <= 0 {
		err = errors.New("speed is not above 0")
	}
	if err != nil {
		return nil, fmt.Errorf("clock of the demo: %w", err)
	}
	return &d, nil
}

// timekeeper is the clock that data lives by.
type timekeeper struct {
	now   func() time.Time
	speed float64 // how many times faster than the wall it runs; 0 means 1
	over  bool    // it stands still: a demo that has ended
}

// clockOf is the clock that the configured data lives by: the wall's, or the
// demo's.
func (a *app) clockOf(c config.Config) (timekeeper, error) {
	if !c.Embedded() {
		return timekeeper{now: a.now}, nil
	}
	d, err := readDemoClock(c.DataDir)
	if err != nil || d == nil {
		return timekeeper{now: a.now}, err
	}
	return timekeeper{func() time.Time { return d.at(a.now()) }, d.Speed, !d.Stopped.IsZero()}, nil
}
