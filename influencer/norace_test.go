//go:build !race

package influencer

// underRace tells whether the race detector is on.
const underRace = false
