// Command pengikut may import every room.
package main

import (
	_ "github.com/pengikut/pengikut/config"
	_ "github.com/pengikut/pengikut/connectors/instagram"
	_ "github.com/pengikut/pengikut/internal/testservers" // want "must not be shipped"
	_ "github.com/pengikut/pengikut/store"
	_ "github.com/pengikut/pengikut/web"
	_ "github.com/spf13/cobra"
)

func main() {}
