// dy[batch·length,width] → dx[batch·fromLen,width], zeros outside the slice. One element of dx each.
//use elementwise
fn element(replica: u32, i: u32) {
  let r = i / width;
  let position = r % fromLen;
  var value = 0.0;
  if (position >= offset && position < offset + length) {
    value = dy[replica * dy_stride + ((r / fromLen) * length + position - offset) * width + i % width];
  }
  put_dx(replica * dx_stride + i, value);
}
