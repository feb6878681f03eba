// A private way to each account, and the names by which the app finds it.
param subnetId string
param networkId string
param token string
param storageId string
param codeId string
param packagesId string
param cosmosId string
param serviceBusId string
param vaultId string
param location string
param tags object

var storageSuffix = environment().suffixes.storage

// Cosmos DB and Service Bus have no suffix in environment(); these are those of the public cloud.
var zones = [
  'privatelink.blob.${storageSuffix}'
  'privatelink.table.${storageSuffix}'
  'privatelink.documents.azure.com'
  'privatelink.servicebus.windows.net'
  'privatelink.vaultcore.azure.net'
]

// Three accounts have blobs, and their names are in one zone.
var ways = [
  { name: 'blob', target: storageId, part: 'blob', zone: 0 }
  { name: 'code', target: codeId, part: 'blob', zone: 0 }
  { name: 'packages', target: packagesId, part: 'blob', zone: 0 }
  { name: 'table', target: storageId, part: 'table', zone: 1 }
  { name: 'cosmos', target: cosmosId, part: 'Sql', zone: 2 }
  { name: 'servicebus', target: serviceBusId, part: 'namespace', zone: 3 }
  { name: 'vault', target: vaultId, part: 'vault', zone: 4 }
]

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = [for name in zones: {
  name: name
  location: 'global'
  tags: tags
}]

resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [for (name, i) in zones: {
  parent: zone[i]
  name: 'app'
  location: 'global'
  tags: tags
  properties: {
    registrationEnabled: false
    virtualNetwork: { id: networkId }
  }
}]

resource endpoint 'Microsoft.Network/privateEndpoints@2024-07-01' = [for way in ways: {
  name: 'pe-${way.name}-${token}'
  location: location
  tags: tags
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [
      {
        name: way.name
        properties: {
          privateLinkServiceId: way.target
          groupIds: [way.part]
        }
      }
    ]
  }
}]

resource names 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-07-01' = [for (way, i) in ways: {
  parent: endpoint[i]
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: way.name
        properties: { privateDnsZoneId: zone[way.zone].id }
      }
    ]
  }
}]
