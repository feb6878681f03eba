// Everything that Libro needs in Azure: one resource group, made and updated by this file alone.
targetScope = 'subscription'

metadata description = 'Function app, Cosmos DB, Service Bus, Key Vault and what watches over them.'

@description('Names the resource group and, with subscription and region, everything in it.')
@minLength(1)
@maxLength(32)
param environmentName string

@description('Region of all resources.')
@metadata({ azd: { type: 'location' } })
param location string

@description('Development is cheap and can be thrown away; production is redundant and keeps more. Every choice can be made differently by the parameters below.')
@allowed(['development', 'production'])
param environmentType string

@description('Application (client) id of the app registration that callers ask tokens for.')
@minLength(36)
@maxLength(36)
param authClientId string

@description('Client ids of the applications that may bring tokens of the tenant, tills among them; empty for all of the tenant.')
param allowedClientApplications array = []

@description('Let guests of the tenant in, who are members of another.')
param allowGuests bool = false

@description('Further issuers of tokens, such as the tenant of the customers: objects of authority, tenant, audience, and if needed role, legalEntities, customer, clients, guests.')
param tokenIssuers array = []

@description('Version of Python; `az functionapp list-flexconsumption-runtimes` tells which a region has.')
param pythonVersion string = '3.13'

@description('Spread over the zones of the region. Not every region has them.')
param zoneRedundant bool = environmentType == 'production'

@description('Let nobody but the function app reach the data, over private endpoints; otherwise it is open to every network, to identities with a role. Makes Service Bus Premium, so it cannot be changed later; it has no default for that.')
param privateNetworking bool

@description('Serverless costs by request; Autoscale is for steady load.')
@allowed(['Serverless', 'Autoscale'])
param cosmosCapacity string = environmentType == 'production' ? 'Autoscale' : 'Serverless'

@description('With Autoscale, the most RU/s of each container; `default` is for those not named.')
param containerThroughput object = {
  default: 1000
  customers: 10000
  directory: 20000
  requests: 4000
  changes: 4000
  distribution: 4000
  accesses: 4000
}

@allowed(['Continuous7Days', 'Continuous30Days'])
param cosmosBackup string = environmentType == 'production' ? 'Continuous30Days' : 'Continuous7Days'

@description('Standard has topics and sessions; Premium has its own machines.')
@allowed(['Standard', 'Premium'])
param serviceBusSku string = 'Standard'

@description('Instances that are always on for HTTP; at least two with zone redundancy.')
@minValue(0)
param alwaysReadyInstances int = environmentType == 'production' ? 2 : 0

@description('Functions that have an instance always on: what a new customer, its account number and its consents wait for. Names as in docs/functions.md.')
param alwaysReadyFunctions array = environmentType == 'production' ? [
  'relay_events'
  'synchronize_customer'
  'propagate_consent'
] : []

@description('Requests that one instance works on at once.')
@minValue(1)
@maxValue(1000)
param httpConcurrency int = 16

@description('Most instances at once of each group of functions: all HTTP functions are one, and each feed, queue and timer is one of its own, though a feed uses no more than its container has physical partitions.')
@minValue(1)
@maxValue(1000)
param maximumInstances int = 20

@description('Origins whose pages may call the API from a browser, such as that of the web shop; empty for none.')
param corsOrigins array = []

@description('Show the API browser and the description of the API to whoever asks.')
param openApiBrowser bool = false

@description('Codes of the legal entities whose customers get e-mails with links: to preferences, to unsubscribe, to confirm. Without its code here, the links of a legal entity are answered 401.')
param linkCompanies array = []

@description('Share of the traces of the app that are kept, from 0 to 1, each whole or not at all. The host keeps a line of each request whatever this says.')
param telemetryShare string = environmentType == 'production' ? '0.05' : '1'

@description('Log what each request costs Cosmos DB, for a day of looking.')
param cosmosLogsRequests bool = false

@description('Refuse to delete the account of the customers and the vault of the keys.')
param deleteLocks bool = environmentType == 'production'

@allowed([512, 2048, 4096])
param instanceMemory int = 2048

@description('Days that logs are kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = environmentType == 'production' ? 90 : 30

@description('Gigabytes of logs a day, then no more until tomorrow; -1 for no limit.')
param logDailyQuota int = environmentType == 'production' ? -1 : 1

@description('Who is told of alarms; empty for nobody.')
param alertEmail string = ''

@description('Tenant of Dynamics 365 Customer Insights; empty for none.')
param insightsTenantId string = ''

@description('Where the API of Customer Insights is.')
param insightsEndpoint string = 'https://api.ci.ai.dynamics.com/v1'

@description('Name of the secret that holds the subscription key of that API; empty where there is none.')
param insightsSubscriptionKeyName string = ''

@description('While the key of cursors is renewed, name of the secret with the other one of the two; empty otherwise.')
param secondCursorKeyName string = ''

@description('Names of other key vaults of this cloud that hold secrets of Customer Insights, joined by commas.')
param insightsVaults string = ''

var abbreviations = loadJsonContent('./abbreviations.json')
var topology = loadJsonContent('../topology.json')
var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }
var sku = privateNetworking ? 'Premium' : serviceBusSku
var publicNetworkAccess = privateNetworking ? 'Disabled' : 'Enabled'

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: '${abbreviations.resourceGroup}${environmentName}'
  location: location
  tags: tags
}

module identity './modules/identity.bicep' = {
  scope: group
  name: 'identity'
  params: {
    name: '${abbreviations.identity}${token}'
    location: location
    tags: tags
  }
}

module monitoring './modules/monitoring.bicep' = {
  scope: group
  name: 'monitoring'
  params: {
    logsName: '${abbreviations.logAnalytics}${token}'
    insightsName: '${abbreviations.applicationInsights}${token}'
    principalId: identity.outputs.principalId
    location: location
    tags: tags
    retentionDays: logRetentionDays
    dailyQuota: logDailyQuota
  }
}

module network './modules/network.bicep' = if (privateNetworking) {
  scope: group
  name: 'network'
  params: {
    name: '${abbreviations.virtualNetwork}${token}'
    location: location
    tags: tags
  }
}

module storage './modules/storage.bicep' = {
  scope: group
  name: 'storage'
  params: {
    name: '${abbreviations.storage}${token}'
    principalId: identity.outputs.principalId
    workspaceId: monitoring.outputs.workspaceId
    zoneRedundant: zoneRedundant
    publicNetworkAccess: publicNetworkAccess
    location: location
    tags: tags
  }
}

module code './modules/code.bicep' = {
  scope: group
  name: 'code'
  params: {
    name: '${abbreviations.code}${token}'
    identityName: '${abbreviations.identity}code-${token}'
    workspaceId: monitoring.outputs.workspaceId
    zoneRedundant: zoneRedundant
    publicNetworkAccess: publicNetworkAccess
    location: location
    tags: tags
  }
}

module packages './modules/packages.bicep' = {
  scope: group
  name: 'packages'
  params: {
    name: '${abbreviations.packages}${token}'
    principalId: identity.outputs.principalId
    workspaceId: monitoring.outputs.workspaceId
    zoneRedundant: zoneRedundant
    publicNetworkAccess: publicNetworkAccess
    location: location
    tags: tags
  }
}

module cosmos './modules/cosmos.bicep' = {
  scope: group
  name: 'cosmos'
  params: {
    name: '${abbreviations.cosmosAccount}${token}'
    databaseName: topology.database
    containers: topology.containers
    capacityMode: cosmosCapacity
    containerThroughput: containerThroughput
    backupTier: cosmosBackup
    locked: deleteLocks
    logsRequests: cosmosLogsRequests
    principalId: identity.outputs.principalId
    workspaceId: monitoring.outputs.workspaceId
    zoneRedundant: zoneRedundant
    publicNetworkAccess: publicNetworkAccess
    location: location
    tags: tags
  }
}

module serviceBus './modules/servicebus.bicep' = {
  scope: group
  name: 'serviceBus'
  params: {
    name: '${abbreviations.serviceBus}${token}'
    sku: sku
    queues: items(topology.queues)
    topics: items(topology.topics)
    principalId: identity.outputs.principalId
    workspaceId: monitoring.outputs.workspaceId
    zoneRedundant: zoneRedundant
    publicNetworkAccess: publicNetworkAccess
    location: location
    tags: tags
  }
}

module vault './modules/keyvault.bicep' = {
  scope: group
  name: 'vault'
  params: {
    name: '${abbreviations.keyVault}${token}'
    principalId: identity.outputs.principalId
    locked: deleteLocks
    readableSecrets: concat(
      empty(insightsSubscriptionKeyName) ? [] : [insightsSubscriptionKeyName],
      empty(secondCursorKeyName) ? [] : [secondCursorKeyName]
    )
    workspaceId: monitoring.outputs.workspaceId
    publicNetworkAccess: publicNetworkAccess
    location: location
    tags: tags
  }
}

module endpoints './modules/endpoints.bicep' = if (privateNetworking) {
  scope: group
  name: 'endpoints'
  params: {
    subnetId: network!.outputs.endpointSubnetId
    networkId: network!.outputs.networkId
    token: token
    storageId: storage.outputs.id
    codeId: code.outputs.id
    packagesId: packages.outputs.id
    cosmosId: cosmos.outputs.id
    serviceBusId: serviceBus.outputs.id
    vaultId: vault.outputs.id
    location: location
    tags: tags
  }
}

module app './modules/app.bicep' = {
  scope: group
  name: 'app'
  params: {
    name: '${abbreviations.functionApp}${token}'
    planName: '${abbreviations.plan}${token}'
    identityName: identity.outputs.name
    storageName: storage.outputs.name
    packageContainerUri: code.outputs.packageContainerUri
    packageReaderId: code.outputs.identityId
    insightsName: monitoring.outputs.insightsName
    packagesUri: packages.outputs.blobServiceUri
    cosmosEndpoint: cosmos.outputs.endpoint
    databaseName: topology.database
    serviceBusNamespace: serviceBus.outputs.host
    vaultUri: vault.outputs.uri
    cursorKeyUri: vault.outputs.cursorKeyUri
    secondCursorKeyUri: empty(secondCursorKeyName) ? '' : '${vault.outputs.uri}secrets/${secondCursorKeyName}'
    suppressionKeyUri: vault.outputs.suppressionKeyUri
    linkKeyUri: vault.outputs.linkKeyUri
    authClientId: authClientId
    allowedClientApplications: allowedClientApplications
    allowGuests: allowGuests
    tokenIssuers: tokenIssuers
    insightsTenantId: insightsTenantId
    insightsEndpoint: insightsEndpoint
    insightsSubscriptionKeyName: insightsSubscriptionKeyName
    insightsVaults: insightsVaults
    pythonVersion: pythonVersion
    zoneRedundant: zoneRedundant
    alwaysReadyInstances: alwaysReadyInstances
    alwaysReadyFunctions: alwaysReadyFunctions
    httpConcurrency: httpConcurrency
    corsOrigins: corsOrigins
    openApiBrowser: openApiBrowser
    linkCompanies: linkCompanies
    telemetryShare: telemetryShare
    maximumInstances: maximumInstances
    instanceMemory: instanceMemory
    subnetId: privateNetworking ? network!.outputs.appSubnetId : ''
    location: location
    tags: tags
  }
  // It looks up private names at its start, and remembers for hours what it could not read.
  dependsOn: [endpoints]
}

module workbook './modules/workbook.bicep' = {
  scope: group
  name: 'workbook'
  params: {
    workspaceId: monitoring.outputs.workspaceId
    location: location
    tags: tags
  }
}

module alerts './modules/alerts.bicep' = {
  scope: group
  name: 'alerts'
  params: {
    actionGroupName: '${abbreviations.actionGroup}${token}'
    alertEmail: alertEmail
    workspaceId: monitoring.outputs.workspaceId
    cosmosId: cosmos.outputs.id
    serviceBusId: serviceBus.outputs.id
    queueNames: objectKeys(topology.queues)
    topicNames: objectKeys(topology.topics)
    provisioned: cosmosCapacity == 'Autoscale'
    location: location
    tags: tags
  }
}

// azd keeps these in its environment; `azd env get-values` prints them.
output AZURE_LOCATION string = location
output AZURE_TENANT_ID string = tenant().tenantId
output AZURE_RESOURCE_GROUP string = group.name
output SERVICE_API_NAME string = app.outputs.name
output SERVICE_API_URI string = app.outputs.uri
output APP_IDENTITY_PRINCIPAL_ID string = identity.outputs.principalId
output COSMOS_ACCOUNT_NAME string = cosmos.outputs.name
output COSMOS__accountEndpoint string = cosmos.outputs.endpoint
output SERVICEBUS__fullyQualifiedNamespace string = serviceBus.outputs.host
output PACKAGES__blobServiceUri string = packages.outputs.blobServiceUri
output KEYVAULT__vaultUri string = vault.outputs.uri
output KEYVAULT_NAME string = vault.outputs.name
output LOG_ANALYTICS_WORKSPACE_NAME string = monitoring.outputs.workspaceName
