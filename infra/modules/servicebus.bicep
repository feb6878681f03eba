// Queues and topics of topology.json, and who may send to which and receive from which.
param name string
param sku string
@description('Those of topology.json, each with its name as key.')
param queues array
param topics array
param principalId string
param workspaceId string
param zoneRedundant bool
param publicNetworkAccess string
param location string
param tags object

// Of a queue: what the scale controller needs to see how many messages wait.
var dataOwner = '090c5cfd-751d-490a-894a-3ce6f1109419'
var dataReceiver = '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0'
var dataSender = '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39'

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: name
  location: location
  tags: tags
  sku: sku == 'Premium' ? { name: 'Premium', tier: 'Premium', capacity: 1 } : { name: 'Standard', tier: 'Standard' }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: publicNetworkAccess
    zoneRedundant: sku == 'Premium' && zoneRedundant
  }
}

resource queue 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = [for one in queues: {
  parent: namespace
  name: one.key
  properties: {
    lockDuration: 'PT${one.value.lock}S'
    maxDeliveryCount: one.value.mostDeliveries
    requiresSession: one.value.sessions
    requiresDuplicateDetection: one.value.duplicateWindow > 0
    duplicateDetectionHistoryTimeWindow: one.value.duplicateWindow > 0 ? 'PT${one.value.duplicateWindow}S' : null
    defaultMessageTimeToLive: 'P14D'
    deadLetteringOnMessageExpiration: true
  }
}]

resource own 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (one, i) in queues: {
  scope: queue[i]
  name: guid(queue[i].id, principalId, dataOwner)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', dataOwner)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}]

module topic './topic.bicep' = [for one in topics: {
  name: 'topic-${one.key}'
  params: {
    namespaceName: namespace.name
    name: one.key
    shape: one.value
    principalId: principalId
    dataReceiver: dataReceiver
    dataSender: dataSender
  }
}]

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: namespace
  name: 'to-logs'
  properties: {
    workspaceId: workspaceId
    logAnalyticsDestinationType: 'Dedicated'
    logs: [{ category: 'OperationalLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

output id string = namespace.id
output host string = split(replace(namespace.properties.serviceBusEndpoint, 'https://', ''), ':')[0]
