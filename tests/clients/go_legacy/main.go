// The rideshare workload under the legacy Go client.
package main

import (
	"context"
	"flag"
	"log"
	"os"
	"runtime"
	"time"

	"rides/rideshare"

	"github.com/pyroscope-io/client/pyroscope"
)

func main() {
	server := flag.String("server", "http://127.0.0.1:4040", "pyroscope server URL")
	seconds := flag.Int("seconds", 60, "how long to run")
	region := flag.String("region", "us-east-1", "region tag")
	app := flag.String("app", "legacy.ride-sharing-app", "application name")
	token := flag.String("token", "", "bearer token")
	flag.Parse()

	runtime.SetMutexProfileFraction(5)
	runtime.SetBlockProfileRate(5)
	host, _ := os.Hostname()
	p, err := pyroscope.Start(pyroscope.Config{
		ApplicationName: *app,
		ServerAddress:   *server,
		AuthToken:       *token,
		Logger:          pyroscope.StandardLogger,
		Tags:            map[string]string{"region": *region, "hostname": host},
		ProfileTypes: []pyroscope.ProfileType{
			pyroscope.ProfileCPU,
			pyroscope.ProfileAllocObjects, pyroscope.ProfileAllocSpace,
			pyroscope.ProfileInuseObjects, pyroscope.ProfileInuseSpace,
			pyroscope.ProfileGoroutines,
			pyroscope.ProfileMutexCount, pyroscope.ProfileMutexDuration,
			pyroscope.ProfileBlockCount, pyroscope.ProfileBlockDuration,
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	a := rideshare.New(*region, func(ctx context.Context, fn func(context.Context), kv ...string) {
		pyroscope.TagWrapper(ctx, pyroscope.Labels(kv...), fn)
	})
	base, err := rideshare.Serve(a.Handler())
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(*seconds)*time.Second)
	defer cancel()
	log.Printf("%d orders", rideshare.Load(ctx, base, 6, 30*time.Millisecond))
	p.Stop()
}
