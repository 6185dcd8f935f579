// dk[rows,heads·(nope+rope)], dv[rows,heads·vDim] → dkv[rows,heads·(nope+vDim)], dkRope[rows,rope] summed over heads in order.
// One element of dkv or dkRope each.
//use elementwise
fn element(replica: u32, i: u32) {
  let part = heads * (nope + vDim);
  let r = i / (part + rope);
  let c = i % (part + rope);
  let dk0 = replica * dk_stride + r * heads * (nope + rope);
  if (c < part) {
    let head = c / (nope + vDim);
    let within = c % (nope + vDim);
    var value = 0.0;
    if (within < nope) { value = dk[dk0 + head * (nope + rope) + within]; }
    else { value = dv[replica * dv_stride + (r * heads + head) * vDim + within - nope]; }
    put_dkv(replica * dkv_stride + r * part + c, value);
  } else {
    var sum = 0.0;
    for (var head = 0u; head < heads; head++) { sum += dk[dk0 + head * (nope + rope) + nope + c - part]; }
    put_dkRope(replica * dkRope_stride + r * rope + c - part, sum);
  }
}
