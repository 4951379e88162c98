/** Which build this process is. */
export class BuildInfo {
  constructor(readonly version: string) {}
}
