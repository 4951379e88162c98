/** The Keycloak of `npm run test:oidc`, from Maven Central. */
const version = '26.7.3';

export const KEYCLOAK = {
  artifact: `org.keycloak:keycloak-quarkus-dist:${version}:zip`,
  version,
  /** Below the project's directory. */
  directory: `.cache/keycloak-${version}/keycloak-${version}`,
};
