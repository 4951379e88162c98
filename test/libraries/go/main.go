// Reads one stream with one library and prints each event as a line of JSON:
// {"event","id","data"}. Ends at `goodbye`. Usage: readers LIBRARY URL
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	launchdarkly "github.com/launchdarkly/eventsource"
	r3labs "github.com/r3labs/sse/v2"
	tmaxmax "github.com/tmaxmax/go-sse"
)

const maxEventBytes = 1 << 20

func main() {
	library, url := os.Args[1], os.Args[2]
	switch library {
	case "r3labs/sse":
		readR3labs(url)
	case "tmaxmax/go-sse":
		readTmaxmax(url)
	case "launchdarkly/eventsource":
		readLaunchdarkly(url)
	default:
		fmt.Fprintln(os.Stderr, "unknown library", library)
		os.Exit(2)
	}
}

// Exits after goodbye: that is what a client of this stream does when the server says so.
func report(event, id, data string) {
	line, err := json.Marshal(map[string]string{"event": event, "id": id, "data": data})
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
	if event == "goodbye" {
		os.Exit(0)
	}
}

// The library keeps the last id, and returns when the connection ends: call it again.
func readR3labs(url string) {
	client := r3labs.NewClient(url, r3labs.ClientMaxBufferSize(maxEventBytes))
	for {
		err := client.SubscribeRaw(func(event *r3labs.Event) {
			report(string(event.Event), string(event.ID), string(event.Data))
		})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

func readTmaxmax(url string) {
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, http.NoBody)
	if err != nil {
		panic(err)
	}
	connection := tmaxmax.NewConnection(request)
	connection.Buffer(make([]byte, 0, 4096), maxEventBytes)
	connection.SubscribeToAll(func(event tmaxmax.Event) {
		report(event.Type, event.LastEventID, event.Data)
	})
	if err := connection.Connect(); err != nil && err != io.EOF {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func readLaunchdarkly(url string) {
	stream, err := launchdarkly.SubscribeWithURL(url,
		launchdarkly.StreamOptionErrorHandler(func(err error) launchdarkly.StreamErrorHandlerResult {
			fmt.Fprintln(os.Stderr, err)
			return launchdarkly.StreamErrorHandlerResult{}
		}))
	if err != nil {
		panic(err)
	}
	for event := range stream.Events {
		report(event.Event(), event.Id(), event.Data())
	}
}
