//go:build !race

package thorough

const share = 1
