// x[batch·fromLen,width] → y[batch·length,width] = rows offset … offset+length of every sequence. One element each.
//use elementwise
fn element(replica: u32, i: u32) {
  let r = i / width;
  let source = (r / length) * fromLen + offset + r % length;
  put_y(replica * y_stride + i, x[replica * x_stride + source * width + i % width]);
}
