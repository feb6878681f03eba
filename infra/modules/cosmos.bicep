// The documents. Containers are those of topology.json; keys are switched off.
param name string
param databaseName string
param containers object
param capacityMode string
param containerThroughput object
param backupTier string
param principalId string
param workspaceId string
param zoneRedundant bool
param locked bool

@description('Log what each request costs, for a day of looking: it can double the bill.')
param logsRequests bool
param publicNetworkAccess string
param location string
param tags object

// Built into Cosmos DB itself: reads and writes documents, and cannot make or change containers.
var dataContributor = '00000000-0000-0000-0000-000000000002'
var serverless = capacityMode == 'Serverless'

resource account 'Microsoft.DocumentDB/databaseAccounts@2025-10-15' = {
  name: name
  location: location
  tags: tags
  kind: 'GlobalDocumentDB'
  properties: {
    databaseAccountOfferType: 'Standard'
    locations: [
      {
        locationName: location
        failoverPriority: 0
        isZoneRedundant: zoneRedundant
      }
    ]
    capabilities: serverless ? [{ name: 'EnableServerless' }] : []
    // Every client asks for Session but the one that reads decisions of consent, which asks for
    // nothing: a read can only be weaker than the account's default, never stronger.
    consistencyPolicy: { defaultConsistencyLevel: 'Strong' }
    // Work for which nobody waits is turned away first.
    enablePriorityBasedExecution: true
    defaultPriorityLevel: 'High'
    enableBurstCapacity: !serverless
    backupPolicy: {
      type: 'Continuous'
      continuousModeProperties: { tier: backupTier }
    }
    disableLocalAuth: true
    disableKeyBasedMetadataWriteAccess: true
    minimalTlsVersion: 'Tls12'
    publicNetworkAccess: publicNetworkAccess
    networkAclBypass: 'None'
  }
}

resource database 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases@2025-10-15' = {
  parent: account
  name: databaseName
  properties: { resource: { id: databaseName } }
}

// One after another: made at once they lock one another out.
@batchSize(1)
module container './container.bicep' = [for one in items(containers): {
  name: 'container-${one.key}'
  params: {
    accountName: account.name
    databaseName: database.name
    name: one.key
    shape: one.value
    maximumThroughput: serverless ? 0 : (containerThroughput[?one.key] ?? containerThroughput.default)
  }
}]

resource contributor 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2025-10-15' = {
  parent: account
  name: guid(account.id, databaseName, principalId, dataContributor)
  properties: {
    roleDefinitionId: '${account.id}/sqlRoleDefinitions/${dataContributor}'
    principalId: principalId
    scope: '${account.id}/dbs/${database.name}'
  }
  dependsOn: [container]
}

// No way of cleaning up removes the customers by the way.
resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (locked) {
  scope: account
  name: 'holds-customers'
  properties: {
    level: 'CanNotDelete'
    notes: 'It holds the customers. docs/deploy.md says how to go back.'
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: account
  name: 'to-logs'
  properties: {
    workspaceId: workspaceId
    logAnalyticsDestinationType: 'Dedicated'
    logs: [
      { category: 'ControlPlaneRequests', enabled: true }
      // A line for each request, which also writes the first letters of names into the logs.
      { category: 'PartitionKeyRUConsumption', enabled: logsRequests }
      { category: 'QueryRuntimeStatistics', enabled: logsRequests }
    ]
    metrics: [{ category: 'Requests', enabled: true }]
  }
}

output id string = account.id
output name string = account.name
output endpoint string = account.properties.documentEndpoint
