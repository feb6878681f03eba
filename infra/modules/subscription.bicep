// One subscription and its filters, in the shape that topology.json gives it.
param namespaceName string
param topicName string
param name string
param shape object
param principalId string
param dataReceiver string

var filters = shape.?filters ?? []

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' existing = {
  name: namespaceName
}

resource topic 'Microsoft.ServiceBus/namespaces/topics@2024-01-01' existing = {
  parent: namespace
  name: topicName
}

resource subscription 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2024-01-01' = {
  parent: topic
  name: name
  properties: {
    lockDuration: 'PT${shape.lock}S'
    maxDeliveryCount: shape.mostDeliveries
    requiresSession: shape.sessions
    defaultMessageTimeToLive: 'P14D'
    deadLetteringOnMessageExpiration: true
    deadLetteringOnFilterEvaluationExceptions: true
  }
}

// A message comes here if it meets any of them. Service Bus adds a rule $Default that lets all
// messages in, so the first filter takes that name. Without filters it stays as it is.
resource rule 'Microsoft.ServiceBus/namespaces/topics/subscriptions/rules@2024-01-01' = [for (properties, i) in filters: {
  parent: subscription
  name: i == 0 ? '$Default' : 'filter-${i}'
  properties: {
    filterType: 'CorrelationFilter'
    correlationFilter: { properties: properties }
  }
}]

resource receive 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: subscription
  name: guid(subscription.id, principalId, dataReceiver)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', dataReceiver)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
