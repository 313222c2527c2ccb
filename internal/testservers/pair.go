package testservers

import "fmt"

// Pair starts a durable Postgres with one empty database and a Redis, outside any test, and returns their URLs. Both end
// with the calling program.
func Pair() (databaseURL, redisURL string, err error) {
	db, err := newPostgres(settings{durable: true})
	if err != nil {
		return "", "", fmt.Errorf("start postgres: %w", err)
	}
	if err := db.admin("CREATE DATABASE pengikut"); err != nil {
		return "", "", fmt.Errorf("create database: %w", err)
	}
	rd, err := newRedis(nil)
	if err != nil {
		return "", "", fmt.Errorf("start redis: %w", err)
	}
	return db.url("pengikut"), rd.URL(), nil
}
