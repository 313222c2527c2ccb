//go:build race

package thorough

const share = 10
