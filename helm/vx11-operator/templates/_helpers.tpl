{{- define "vx11.chart" -}}{{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}{{- end }}

{{/* Labels of everything. Call with (dict "root" $ "name" name). */}}
{{- define "vx11.labels" -}}
helm.sh/chart: {{ include "vx11.chart" .root }}
app.kubernetes.io/version: {{ include "vx11.tag" . | trunc 63 | trimAll "-_." | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/part-of: {{ .root.Values.nameOverride | default .root.Chart.Name | quote }}
{{ include "vx11.selector" . }}
{{- end }}

{{- define "vx11.selector" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
{{- end }}

{{/* The version of one component: its own tag, else the image's, else the chart's. */}}
{{- define "vx11.tag" -}}
{{- $own := "" }}{{- with .values }}{{- $own = .tag | default "" }}{{- end }}
{{- $own | default .root.Values.image.tag | default .root.Chart.AppVersion }}
{{- end }}

{{- define "vx11.image" -}}
{{- $image := .image | default .root.Values.image }}
{{- if $image.digest }}{{ $image.repository }}@{{ $image.digest }}
{{- else }}{{ $image.repository }}:{{ include "vx11.tag" . }}{{ end }}
{{- end }}

{{/* preStop sleep + drain + margin: the kubelet kills a pod that takes longer. */}}
{{- define "vx11.grace" -}}
{{ add .Values.drain.preStopSeconds .Values.drain.seconds .Values.drain.marginSeconds }}
{{- end }}

{{- define "vx11.usesRedis" -}}
{{- if or .Values.redis.existingSecret .Values.redis.embedded.enabled }}true{{ end }}
{{- end }}

{{/* Sentinels or nodes of a cluster, `host:port`; empty: Redis has a URL. */}}
{{- define "vx11.redisNodes" -}}
{{- join " " (concat (.Values.redis.sentinels | default list) (.Values.redis.cluster | default list)) }}
{{- end }}

{{/* What operator-backend reads of redis.existingSecret. */}}
{{- define "vx11.redisKeys" -}}
{{- if not (include "vx11.redisNodes" .) }}url
{{- else if and .Values.redis.sentinels .Values.redis.sentinelPassword }}password sentinel-password
{{- else }}password{{ end }}
{{- end }}

{{/* Whether proxies reach operator-backend without tentaculo-link between. */}}
{{- define "vx11.streamToBackend" -}}
{{- if or (and .Values.gatewayApi.enabled .Values.gatewayApi.streamToBackend) (and .Values.ingress.enabled .Values.ingress.streamToBackend) }}true{{ end }}
{{- end }}

{{- define "vx11.container-security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- define "vx11.pod-security" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{/* Addresses and behaviour that every Node process shares. */}}
{{- define "vx11.env" -}}
- { name: NODE_ENV, value: production }
- { name: VX11_HOST, value: "::" }
- { name: VX11_LOG_FORMAT, value: json }
- { name: VX11_LOG_LEVEL, value: {{ .Values.logLevel | quote }} }
- { name: VX11_DATA_DIR, value: /data }
- { name: VX11_DRAIN_SECONDS, value: {{ .Values.drain.seconds | quote }} }
{{- with .Values.publicPath }}
- { name: VX11_PUBLIC_PATH, value: {{ . | quote }} }
{{- end }}
- { name: VX11_GATEWAY_URL, value: "http://tentaculo-link:{{ .Values.gateway.service.port }}" }
- { name: VX11_BACKEND_URLS, value: "http://operator-backend:8011" }
- { name: VX11_FRONTEND_URL, value: "http://operator-frontend:8002" }
- { name: VX11_MADRE_URL, value: "http://madre:8001" }
- { name: VX11_SWITCH_URL, value: "http://switch:8003" }
- { name: VX11_HERMES_URL, value: "http://hermes:8004" }
{{- end }}

{{/* A value as text. Helm reads numbers of a file as float64, which toString writes as 1e+06. */}}
{{- define "vx11.text" -}}
{{- kindIs "float64" . | ternary (. | toJson) (. | toString) }}
{{- end }}

{{/*
The environment of a component: the chart's own variables, without those that the user sets,
and the user's. A name twice is refused when it is applied on the server.
*/}}
{{- define "vx11.merged-env" -}}
{{- $own := .own | default dict }}
{{- range concat (.common | fromYamlArray) (.component | default "" | fromYamlArray) }}
{{- if not (hasKey $own .name) }}
- { name: {{ .name }}, value: {{ .value | quote }} }
{{- end }}
{{- end }}
{{- range $name, $value := $own }}
- { name: {{ $name }}, value: {{ include "vx11.text" $value | quote }} }
{{- end }}
{{- end }}

{{- define "vx11.probes" -}}
startupProbe:
  httpGet: { path: /livez, port: http }
  periodSeconds: 1
  failureThreshold: 60
livenessProbe:
  httpGet: { path: /livez, port: http }
  periodSeconds: 10
  timeoutSeconds: 10
  failureThreshold: 6
# More often than every 5 s: a process that was probed lately serves on for a while when
# it is told to stop.
readinessProbe:
  httpGet: { path: /readyz, port: http }
  periodSeconds: 2
  timeoutSeconds: 2
{{- /* Before Kubernetes 1.33 the API server refuses to sleep for 0 seconds. */}}
{{- with .Values.drain.preStopSeconds }}
lifecycle:
  preStop: { sleep: { seconds: {{ . }} } }
{{- end }}
{{- end }}

{{/* Files of the existing secret that one component may read. */}}
{{- define "vx11.secret-volume" -}}
- name: secrets
  secret:
    secretName: {{ .root.Values.secrets.existingSecret | quote }}
    defaultMode: 0440
    items:
      {{- range .keys }}
      - { key: {{ . }}, path: {{ . }} }
      {{- end }}
{{- end }}

{{- define "vx11.principals-volume" -}}
- name: principals
  secret:
    secretName: {{ .Values.secrets.principalsSecret | quote }}
    defaultMode: 0440
    items: [{ key: principals.json, path: principals.json }]
{{- end }}

{{/*
The pod of one component. Call with (dict "root" $ "name" name "values" values "port" port
"entry" file "args" list "env" yaml "mounts" yaml "volumes" yaml "image" image "node" bool).
*/}}
{{- define "vx11.pod" -}}
{{- $root := .root }}
metadata:
  labels:
    {{- include "vx11.labels" . | nindent 4 }}
    {{- with .values.podLabels }}{{ toYaml . | nindent 4 }}{{ end }}
  annotations:
    kubectl.kubernetes.io/default-container: {{ .name }}
    {{- with $root.Values.secrets.revision }}
    vx11.io/secrets-revision: {{ include "vx11.text" . | quote }}
    {{- end }}
    {{- with .values.podAnnotations }}{{ toYaml . | nindent 4 }}{{ end }}
spec:
  serviceAccountName: {{ $root.Release.Name }}-vx11
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ include "vx11.grace" $root }}
  securityContext:
    {{- include "vx11.pod-security" $root | nindent 4 }}
  {{- with $root.Values.image.pullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . | quote }}
    {{- end }}
  {{- end }}
  {{- if $root.Values.topologySpread.enabled }}
  topologySpreadConstraints:
    {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
    - maxSkew: 1
      topologyKey: {{ . }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "vx11.selector" $ | nindent 10 }}
      matchLabelKeys: [pod-template-hash]
    {{- end }}
  {{- end }}
  {{- with .values.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .values.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .values.affinity }}
  affinity: {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: {{ .name }}
      image: {{ include "vx11.image" . | quote }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      {{- if .entry }}
      args:
        - {{ .entry | quote }}
        {{- range .args }}
        - {{ . | quote }}
        {{- end }}
      env:
        {{- include "vx11.merged-env" (dict "common" (include "vx11.env" $root) "component" .env "own" .values.env) | nindent 8 }}
      {{- end }}
      ports:
        - { name: http, containerPort: {{ .port }} }
        {{- with .metricsPort }}
        - { name: metrics, containerPort: {{ . }} }
        {{- end }}
      {{- include "vx11.probes" $root | nindent 6 }}
      securityContext:
        {{- include "vx11.container-security" $root | nindent 8 }}
      resources: {{- toYaml .values.resources | nindent 8 }}
      volumeMounts:
        - { name: tmp, mountPath: /tmp }
        {{- with .mounts }}{{ . | nindent 8 }}{{ end }}
  volumes:
    - { name: tmp, emptyDir: { sizeLimit: 64Mi } }
    {{- with .volumes }}{{ . | nindent 4 }}{{ end }}
{{- end }}

{{/* Deployment (or Rollout), Service, PodDisruptionBudget of one component. */}}
{{- define "vx11.component" -}}
{{- $root := .root }}
{{- $rollout := and $root.Values.rollouts.enabled .canary }}
apiVersion: {{ ternary "argoproj.io/v1alpha1" "apps/v1" (not (not $rollout)) }}
kind: {{ ternary "Rollout" "Deployment" (not (not $rollout)) }}
metadata:
  name: {{ .name }}
  labels:
    {{- include "vx11.labels" . | nindent 4 }}
spec:
  {{- if not .autoscaled }}
  replicas: {{ .values.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  # A new pod has to be known to DNS and load balancers before an old one goes.
  minReadySeconds: {{ $root.Values.drain.preStopSeconds }}
  {{- if $rollout }}
  progressDeadlineSeconds: {{ include "vx11.text" $root.Values.rollouts.progressDeadlineSeconds }}
  progressDeadlineAbort: true
  {{- else }}
  # A pod counts as progress once it was ready for minReadySeconds.
  progressDeadlineSeconds: {{ add 300 $root.Values.drain.preStopSeconds }}
  {{- end }}
  selector:
    matchLabels:
      {{- include "vx11.selector" . | nindent 6 }}
  strategy:
    {{- if $rollout }}
    {{- include "vx11.canary" $root | nindent 4 }}
    {{- else if .recreate }}
    # Two at once would each have tokens and events of its own.
    type: Recreate
    {{- else }}
    type: RollingUpdate
    # Never fewer pods than before: streams of a stopping pod need a place to go.
    rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }
    {{- end }}
  template:
    {{- include "vx11.pod" . | nindent 4 }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ .name }}
  labels:
    {{- include "vx11.labels" . | nindent 4 }}
  {{- with (.service | default dict).annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ (.service | default dict).type | default "ClusterIP" }}
  selector:
    {{- include "vx11.selector" . | nindent 4 }}
  ports:
    - { name: http, port: {{ (.service | default dict).port | default .port }}, targetPort: http, appProtocol: http }
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ .name }}
  labels:
    {{- include "vx11.labels" . | nindent 4 }}
spec:
  maxUnavailable: {{ .values.maxUnavailable }}
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "vx11.selector" . | nindent 6 }}
{{- end }}
