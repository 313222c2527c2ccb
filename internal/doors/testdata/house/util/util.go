// Package util is no room.
package util // want "util is no room of this house"

import _ "github.com/spf13/cobra" // want "only cmd may name it"
