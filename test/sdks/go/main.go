package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
)

func made(form string) event.Event {
	e := event.New()
	e.SetID("go-" + form)
	e.SetSource("/sdk/go")
	e.SetType("sdk.go." + form)
	e.SetSubject("Zürich 100% \"a\"")
	e.SetExtension("tenant", "blau ü")
	data := json.RawMessage(`{"big":1524831183200260097,"text":"ü"}`)
	must(e.SetData(event.ApplicationJSON, data))
	return e
}

func publish(form string, request *http.Request, err error) {
	must(err)
	request.Header.Set("X-VX11-Token", os.Getenv("VX11_TOKEN"))
	answer, err := http.DefaultClient.Do(request)
	must(err)
	answer.Body.Close()
	fmt.Println(form, answer.StatusCode)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	url, ctx := os.Args[1], context.Background()
	request, err := cehttp.NewHTTPRequestFromEvent(binding.WithForceStructured(ctx), url, made("structured"))
	publish("structured", request, err)
	request, err = cehttp.NewHTTPRequestFromEvent(ctx, url, made("binary"))
	publish("binary", request, err)
	request, err = cehttp.NewHTTPRequestFromEvents(ctx, url, []event.Event{made("batch")})
	publish("batch", request, err)
}
