// One topic with its subscriptions, in the shape that topology.json gives it.
param namespaceName string
param name string
param shape object
param principalId string
param dataReceiver string
param dataSender string

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' existing = {
  name: namespaceName
}

resource topic 'Microsoft.ServiceBus/namespaces/topics@2024-01-01' = {
  parent: namespace
  name: name
  properties: {
    requiresDuplicateDetection: shape.duplicateWindow > 0
    duplicateDetectionHistoryTimeWindow: shape.duplicateWindow > 0 ? 'PT${shape.duplicateWindow}S' : null
    defaultMessageTimeToLive: 'P14D'
  }
}

resource send 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: topic
  name: guid(topic.id, principalId, dataSender)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', dataSender)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

module subscriptions './subscription.bicep' = [for one in items(shape.subscriptions): {
  name: '${name}-${one.key}'
  params: {
    namespaceName: namespace.name
    topicName: topic.name
    name: one.key
    shape: one.value
    principalId: principalId
    dataReceiver: dataReceiver
  }
}]
