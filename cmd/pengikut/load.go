package main

import (
	"github.com/pengikut/pengikut/config"
	"github.com/pengikut/pengikut/store"
)

// config loads the configuration.
func (a *app) config() (config.Config, error) {
	return config.Load(config.Source{File: a.configFile, Environ: a.environ, CheckKey: func(s string) error {
		_, err := store.ParseKeyRing(s)
		return err
	}})
}
