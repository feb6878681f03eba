// The function app on its Flex Consumption plan: who it is, what it is told, and who may call it.
param name string
param planName string
param identityName string
param storageName string
param packageContainerUri string

@description('Who reads the package of the app: not the app itself, which could replace its own code.')
param packageReaderId string
param insightsName string
param packagesUri string
param cosmosEndpoint string
param databaseName string
param serviceBusNamespace string
param vaultUri string
param cursorKeyUri string
param secondCursorKeyUri string
param insightsVaults string
param suppressionKeyUri string
param linkKeyUri string
param authClientId string
param allowedClientApplications array
param allowGuests bool
param tokenIssuers array
param insightsTenantId string
param insightsEndpoint string
param insightsSubscriptionKeyName string
param pythonVersion string
param zoneRedundant bool
param alwaysReadyInstances int
param alwaysReadyFunctions array
param httpConcurrency int
param corsOrigins array
param openApiBrowser bool
param linkCompanies array
param telemetryShare string
param maximumInstances int
param instanceMemory int

@description('Where it reaches a private network from; empty for none.')
param subnetId string
param location string
param tags object

// Whoever balances or watches has no token; these say nothing but whether the app is well.
var openPaths = ['/api/health/live', '/api/health/ready']
// The API browser and the description, which name no customer.
var browserPaths = [
  '/api/openapi.json'
  '/api/docs'
  '/api/docs/swagger-ui.css'
  '/api/docs/swagger-ui-bundle.js'
]
// What a link of an e-mail opens, whoever follows it; the link itself is the secret.
var linkPaths = flatten(map(linkCompanies, company => [
  '/api/v1/${company}/consent-confirmations'
  '/api/v1/${company}/preferences'
  '/api/v1/${company}/preferences/unsubscribe'
]))
var login = environment().authentication.loginEndpoint

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource storage 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
  }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'api' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
      '${packageReaderId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identity.id
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      // A preflight is answered by the platform, before the app; so it is the platform's to allow.
      cors: { allowedOrigins: corsOrigins, supportCredentials: false }
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageContainerUri
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: packageReaderId
          }
        }
      }
      runtime: { name: 'python', version: pythonVersion }
      scaleAndConcurrency: {
        maximumInstanceCount: maximumInstances
        instanceMemoryMB: instanceMemory
        // Without it a Python app answers one request at a time on each instance.
        triggers: { http: { perInstanceConcurrency: httpConcurrency } }
        alwaysReady: concat(
          alwaysReadyInstances == 0 ? [] : [{ name: 'http', instanceCount: alwaysReadyInstances }],
          map(alwaysReadyFunctions, one => { name: 'function:${one}', instanceCount: 1 })
        )
      }
    }
  }
}

// Nobody deploys with a password: azd and the workflow bring tokens.
resource passwordsOfFiles 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: app
  name: 'ftp'
  properties: { allow: false }
}

resource passwordsOfDeployment 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: app
  name: 'scm'
  properties: { allow: false }
}

// What shared/platform/settings.py reads and what the host reads for the bindings. No value is a
// secret; some are references to one.
resource settings 'Microsoft.Web/sites/config@2024-11-01' = {
  parent: app
  name: 'appsettings'
  properties: union({
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.properties.clientId};Authorization=AAD'
    APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
    AzureWebJobsStorage__blobServiceUri: storage.properties.primaryEndpoints.blob
    AzureWebJobsStorage__clientId: identity.properties.clientId
    AzureWebJobsStorage__credential: 'managedidentity'
    AzureWebJobsStorage__tableServiceUri: storage.properties.primaryEndpoints.table
    COSMOS_DATABASE: databaseName
    COSMOS__accountEndpoint: cosmosEndpoint
    COSMOS__clientId: identity.properties.clientId
    COSMOS__credential: 'managedidentity'
    CURSOR_KEY: '@Microsoft.KeyVault(SecretUri=${cursorKeyUri})'
    SUPPRESSION_KEY: '@Microsoft.KeyVault(SecretUri=${suppressionKeyUri})'
    LINK_KEY: '@Microsoft.KeyVault(SecretUri=${linkKeyUri})'
    ENTRA__allowGuests: string(allowGuests)
    ENTRA__allowedClientApplications: string(allowedClientApplications)
    ENTRA__audience: authClientId
    ENTRA__authority: take(login, length(login) - 1)
    ENTRA__issuers: string(tokenIssuers)
    ENTRA__tenantId: tenant().tenantId
    KEYVAULT__clientId: identity.properties.clientId
    KEYVAULT__vaultUri: vaultUri
    PACKAGES__blobServiceUri: packagesUri
    PACKAGES__clientId: identity.properties.clientId
    SERVICEBUS__clientId: identity.properties.clientId
    SERVICEBUS__credential: 'managedidentity'
    SERVICEBUS__fullyQualifiedNamespace: serviceBusNamespace
    TELEMETRY_SHARE: telemetryShare
  }, empty(secondCursorKeyUri) ? {} : {
    SECOND_CURSOR_KEY: '@Microsoft.KeyVault(SecretUri=${secondCursorKeyUri})'
  }, empty(insightsTenantId) ? {} : {
    INSIGHTS__authority: take(login, length(login) - 1)
    INSIGHTS__endpoint: insightsEndpoint
    INSIGHTS__tenantId: insightsTenantId
  }, empty(insightsVaults) ? {} : {
    INSIGHTS__vaults: insightsVaults
  }, empty(insightsSubscriptionKeyName) ? {} : {
    INSIGHTS__subscriptionKeyName: insightsSubscriptionKeyName
  })
}

// Nobody gets in without a token for this app, of this tenant or of an issuer that is listed. There
// is no secret: it sends nobody to a login page, it only looks at the bearer token of a request.
resource auth 'Microsoft.Web/sites/config@2024-11-01' = {
  parent: app
  name: 'authsettingsV2'
  properties: {
    platform: { enabled: true, runtimeVersion: '~1' }
    globalValidation: {
      requireAuthentication: true
      unauthenticatedClientAction: 'Return401'
      excludedPaths: concat(openPaths, openApiBrowser ? browserPaths : [], linkPaths)
    }
    httpSettings: { requireHttps: true }
    identityProviders: union({
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: authClientId
          openIdIssuer: '${login}${tenant().tenantId}/v2.0'
        }
        validation: {
          allowedAudiences: [authClientId, 'api://${authClientId}']
          // null is as good as not there: whoever the tenant knows
          defaultAuthorizationPolicy: empty(allowedClientApplications) ? null : {
            allowedApplications: allowedClientApplications
          }
        }
      }
    }, empty(tokenIssuers) ? {} : {
      customOpenIdConnectProviders: toObject(
        tokenIssuers,
        issuer => 'issuer${uniqueString(issuer.authority, issuer.tenant, issuer.audience)}',
        issuer => {
          enabled: true
          registration: {
            clientId: issuer.audience
            openIdConnectConfiguration: {
              wellKnownOpenIdConfiguration: '${issuer.authority}/${issuer.tenant}/v2.0/.well-known/openid-configuration'
            }
          }
        }
      )
    })
    login: { tokenStore: { enabled: false } }
  }
}

output name string = app.name
output uri string = 'https://${app.properties.defaultHostName}'
