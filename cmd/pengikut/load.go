package main

import (
	"github.com/pengikut/pengikut/config"
	"github.com/pengikut/pengikut/store"
)

// config loads the configuration. The data of a demo bring their own: invented
// people must never be looked for on real platforms.
func (a *app) config() (config.Config, error) {
	c, err := config.Load(config.Source{File: a.configFile, Environ: a.environ, CheckKey: func(s string) error {
		_, err := store.ParseKeyRing(s)
		return err
	}})
	if err != nil || !c.Embedded() {
		return c, err
	}
	d, err := readDemoClock(c.DataDir)
	if err != nil || d == nil {
		return c, err
	}
	return config.Load(config.Source{Environ: append(d.Options, "PENGIKUT_DATA_DIR="+c.DataDir)})
}
