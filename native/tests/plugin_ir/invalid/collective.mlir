func.func @all_gather_dim(%a: tensor<2x2xf32>) {
  // expected: all_gather_dim 2 should be in [0, 2)
  %0 = "stablehlo.all_gather"(%a) {all_gather_dim = 2 : i64, replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>} : (tensor<2x2xf32>) -> tensor<2x4xf32>
  return
}
// -----
func.func @all_gather_negative_dim(%a: tensor<2x2xf32>) {
  // expected: all_gather_dim -1 should be in [0, 2)
  %0 = "stablehlo.all_gather"(%a) {all_gather_dim = -1 : i64, replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>} : (tensor<2x2xf32>) -> tensor<2x4xf32>
  return
}
// -----
func.func @all_gather_other_dim(%a: tensor<2x2xf32>) {
  // expected: should be tensor<2x4xf32>
  %0 = "stablehlo.all_gather"(%a) {all_gather_dim = 1 : i64, replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>} : (tensor<2x2xf32>) -> tensor<3x4xf32>
  return
}
// -----
func.func @all_gather_parts(%a: tensor<2x2xf32>) {
  // expected: should be divided into equal parts
  %0 = "stablehlo.all_gather"(%a) {all_gather_dim = 1 : i64, replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>} : (tensor<2x2xf32>) -> tensor<2x5xf32>
  return
}
// -----
func.func @groups_twice(%a: tensor<2x2xf32>) {
  // expected: 1 twice
  %0 = "stablehlo.all_gather"(%a) {all_gather_dim = 1 : i64, replica_groups = dense<[[0, 1], [1, 2]]> : tensor<2x2xi64>} : (tensor<2x2xf32>) -> tensor<2x4xf32>
  return
}
// -----
func.func @groups_negative(%a: tensor<2x2xf32>) {
  // expected: -2
  %0 = "stablehlo.all_gather"(%a) {all_gather_dim = 1 : i64, replica_groups = dense<[[0, -2]]> : tensor<1x2xi64>} : (tensor<2x2xf32>) -> tensor<2x4xf32>
  return
}
// -----
func.func @groups_rank(%a: tensor<2x2xf32>) {
  // expected: replica_groups should be tensor<GxNxi64>
  %0 = "stablehlo.all_gather"(%a) {all_gather_dim = 1 : i64, replica_groups = dense<[0, 1]> : tensor<2xi64>} : (tensor<2x2xf32>) -> tensor<2x4xf32>
  return
}
// -----
func.func @global_ids_without_channel(%a: tensor<2x2xf32>) {
  // expected: channel_handle
  %0 = "stablehlo.all_gather"(%a) {all_gather_dim = 1 : i64, replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>, use_global_device_ids} : (tensor<2x2xf32>) -> tensor<2x4xf32>
  return
}
// -----
func.func @all_reduce_computation(%a: tensor<2xf32>) {
  // expected: reducer should take 2 arguments
  %0 = "stablehlo.all_reduce"(%a) ({
  ^bb0(%x: tensor<f32>):
    stablehlo.return %x : tensor<f32>
  }) {replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>} : (tensor<2xf32>) -> tensor<2xf32>
  return
}
// -----
func.func @all_reduce_result(%a: tensor<2xf32>) {
  // expected: should be tensor<2xf32>
  %0 = "stablehlo.all_reduce"(%a) ({
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    stablehlo.return %x : tensor<f32>
  }) {replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>} : (tensor<2xf32>) -> tensor<3xf32>
  return
}
// -----
func.func @all_to_all_count(%a: tensor<4x4xf32>) {
  // expected: split_count 0 should be positive
  %0 = "stablehlo.all_to_all"(%a) {split_dimension = 0 : i64, concat_dimension = 1 : i64, split_count = 0 : i64, replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>} : (tensor<4x4xf32>) -> tensor<2x8xf32>
  return
}
// -----
func.func @all_to_all_group(%a: tensor<4x4xf32>) {
  // expected: split_count 4 should be the size of a group, 2
  %0 = "stablehlo.all_to_all"(%a) {split_dimension = 0 : i64, concat_dimension = 1 : i64, split_count = 4 : i64, replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>} : (tensor<4x4xf32>) -> tensor<1x16xf32>
  return
}
// -----
func.func @all_to_all_divides(%a: tensor<3x4xf32>) {
  // expected: does not divide by 2
  %0 = "stablehlo.all_to_all"(%a) {split_dimension = 0 : i64, concat_dimension = 1 : i64, split_count = 2 : i64, replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>} : (tensor<3x4xf32>) -> tensor<2x8xf32>
  return
}
// -----
func.func @all_to_all_split(%a: tensor<4x4xf32>) {
  // expected: split_dimension 2 should be in [0, 2)
  %0 = "stablehlo.all_to_all"(%a) {split_dimension = 2 : i64, concat_dimension = 1 : i64, split_count = 2 : i64, replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>} : (tensor<4x4xf32>) -> tensor<2x8xf32>
  return
}
// -----
func.func @all_to_all_concat(%a: tensor<4x4xf32>) {
  // expected: concat_dimension 3 should be in [0, 2)
  %0 = "stablehlo.all_to_all"(%a) {split_dimension = 0 : i64, concat_dimension = 3 : i64, split_count = 2 : i64, replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>} : (tensor<4x4xf32>) -> tensor<2x8xf32>
  return
}
// -----
func.func @all_to_all_result(%a: tensor<4x4xf32>) {
  // expected: should be tensor<2x8xf32>
  %0 = "stablehlo.all_to_all"(%a) {split_dimension = 0 : i64, concat_dimension = 1 : i64, split_count = 2 : i64, replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>} : (tensor<4x4xf32>) -> tensor<4x4xf32>
  return
}
// -----
func.func @permute_pairs_shape(%a: tensor<2xf32>) {
  // expected: source_target_pairs
  %0 = "stablehlo.collective_permute"(%a) {source_target_pairs = dense<[[0, 1, 2]]> : tensor<1x3xi64>} : (tensor<2xf32>) -> tensor<2xf32>
  return
}
// -----
func.func @permute_sources(%a: tensor<2xf32>) {
  // expected: source
  %0 = "stablehlo.collective_permute"(%a) {source_target_pairs = dense<[[0, 1], [0, 2]]> : tensor<2x2xi64>} : (tensor<2xf32>) -> tensor<2xf32>
  return
}
// -----
func.func @permute_targets(%a: tensor<2xf32>) {
  // expected: target
  %0 = "stablehlo.collective_permute"(%a) {source_target_pairs = dense<[[0, 1], [2, 1]]> : tensor<2x2xi64>} : (tensor<2xf32>) -> tensor<2xf32>
  return
}
// -----
func.func @permute_negative(%a: tensor<2xf32>) {
  // expected: negative
  %0 = "stablehlo.collective_permute"(%a) {source_target_pairs = dense<[[0, -1]]> : tensor<1x2xi64>} : (tensor<2xf32>) -> tensor<2xf32>
  return
}
// -----
func.func @permute_result(%a: tensor<2xf32>) {
  // expected: should be tensor<2xf32>
  %0 = "stablehlo.collective_permute"(%a) {source_target_pairs = dense<[[0, 1]]> : tensor<1x2xi64>} : (tensor<2xf32>) -> tensor<3xf32>
  return
}
// -----
func.func @broadcast_result(%a: tensor<2xf32>) {
  // expected: should be tensor<2xf32>
  %0 = "stablehlo.collective_broadcast"(%a) {replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>} : (tensor<2xf32>) -> tensor<3xf32>
  return
}
// -----
func.func @reduce_scatter_dim(%a: tensor<4xf32>) {
  // expected: scatter_dimension 1 should be in [0, 1)
  %0 = "stablehlo.reduce_scatter"(%a) ({
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    stablehlo.return %x : tensor<f32>
  }) {scatter_dimension = 1 : i64, replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>} : (tensor<4xf32>) -> tensor<2xf32>
  return
}
// -----
func.func @reduce_scatter_parts(%a: tensor<5xf32>) {
  // expected: should be divided into equal parts
  %0 = "stablehlo.reduce_scatter"(%a) ({
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    stablehlo.return %x : tensor<f32>
  }) {scatter_dimension = 0 : i64, replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>} : (tensor<5xf32>) -> tensor<2xf32>
  return
}
// -----
func.func @send_operand(%a: tensor<5xf32>) {
  // expected: token
  %0 = "stablehlo.send"(%a) {channel_handle = #stablehlo.channel_handle<handle = 1, type = 1>} : (tensor<5xf32>) -> !stablehlo.token
  return
}
// -----
func.func @send_to_host_between_devices(%a: tensor<5xf32>, %t: !stablehlo.token) {
  // expected: the channel's type should be 2 for a transfer with the host, got 1
  %0 = "stablehlo.send"(%a, %t) {channel_handle = #stablehlo.channel_handle<handle = 1, type = 1>, is_host_transfer = true} : (tensor<5xf32>, !stablehlo.token) -> !stablehlo.token
  return
}
// -----
func.func @recv_between_devices_from_host(%t: !stablehlo.token) {
  // expected: the channel's type should be 1 between devices, got 3
  %0:2 = "stablehlo.recv"(%t) {channel_handle = #stablehlo.channel_handle<handle = 1, type = 3>} : (!stablehlo.token) -> (tensor<2xf32>, !stablehlo.token)
  return
}
// -----
func.func @recv_result(%t: !stablehlo.token) {
  // expected: token
  %0 = "stablehlo.recv"(%t) {channel_handle = #stablehlo.channel_handle<handle = 1, type = 1>} : (!stablehlo.token) -> tensor<2xf32>
  return
}
